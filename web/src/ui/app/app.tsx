import { useEffect, useRef } from "react";
import { Devices } from "../account/devices";
import { ForgotPassword } from "../account/forgot";
import { Invite, InviteWhileSignedIn } from "../account/invite";
import { MyData } from "../account/my-data";
import { Profile } from "../account/profile";
import { Settings } from "../account/settings";
import { SavedMessages } from "../rooms/saved-messages";
import { SignIn } from "../account/sign-in";
import { Unlock } from "../account/unlock";
import { CallPage } from "../call/call-page";
import { GuestPage } from "../guest/guest-page";
import { Pair } from "../pairing/pair";
import { Loading } from "../parts/messages";
import { IncomingCall } from "../ring/incoming-call";
import { RoomPage } from "../room/room";
import { Home } from "../rooms/home";
import { Shell } from "../rooms/shell";
import type { PersonCard } from "../../core/generated/PersonCard";
import { pathOf, type Route } from "../../state/routes";
import { useActivity } from "./activity";
import { useApp, useStore } from "./context";
import { LiveRegions } from "./live-regions";
import { useSystemNotices } from "./system-notices";
import { NotFound } from "./not-found";

/** The page: what is shown depends on the session and on the address. */
export function AppView() {
  const { client, navigator, t } = useApp();
  const session = useStore(client.session);
  const route = useStore(navigator.route);
  useFocusOnMove(pathOf(route));
  return (
    <>
      {route.page === "guest" && session.state !== "starting" && <GuestPage linkId={route.linkId} />}
      {session.state === "starting" && (
        <main className="starting">
          <Loading>{t("app.loading")}</Loading>
        </main>
      )}
      {route.page !== "guest" && session.state === "signed_out" && <SignedOut route={route} reason={session.reason} />}
      {route.page !== "guest" && session.state === "locked" && <Unlock />}
      {route.page !== "guest" && session.state === "signed_in" && <SignedIn route={route} me={session.me} />}
      <LiveRegions />
    </>
  );
}

function SignedOut({ route, reason }: { readonly route: Route; readonly reason: string | null }) {
  if (route.page === "invite") return <Invite key={route.code} code={route.code} />;
  if (route.page === "pair") return <Pair />;
  // Every other address is for members: after signing in one is where one wanted to go.
  return route.page === "forgot_password" ? <ForgotPassword /> : <SignIn reason={reason} />;
}

function SignedIn({ route: address, me }: { readonly route: Route; readonly me: PersonCard }) {
  useSystemNotices();
  useActivity();
  useLinkForAnother(address);
  const accepting = useStore(useApp().client.accepting);
  const arriving = address.page === "invite" && address.code === accepting;
  const route: Route = arriving ? { page: "home" } : address;
  if (route.page === "invite") return <InviteWhileSignedIn email={me.email} />;
  return (
    <>
      {route.page === "call" ? (
        <CallPage key={route.roomId} roomId={route.roomId} />
      ) : (
        <Shell me={me} route={route}>
          <Page route={route} me={me} />
        </Shell>
      )}
      <IncomingCall />
    </>
  );
}

function Page({ route, me }: { readonly route: Route; readonly me: PersonCard }) {
  switch (route.page) {
    case "room":
      return <RoomPage roomId={route.roomId} />;
    case "profile":
      return <Profile me={me} />;
    case "devices":
      return <Devices />;
    case "data":
      return <MyData />;
    case "saved":
      return <SavedMessages />;
    case "settings":
      return <Settings />;
    case "home":
    case "forgot_password":
    case "pair":
      return <Home />;
    case "not_found":
    case "invite":
    case "guest":
    case "call":
      return <NotFound />;
  }
}

/** A device that is signed in needs no code of another one; where its address has one, it is said why nothing happens. */
function useLinkForAnother(route: Route): void {
  const { client, navigator } = useApp();
  useEffect(() => {
    if (route.page !== "pair") return;
    if (window.location.hash !== "") client.board.notify("status", (t) => t("pair.signed_in"));
    window.history.replaceState(null, "", pathOf(route));
    navigator.replace({ page: "home" });
  }, [route, client, navigator]);
}

/** After a move inside the page the focus goes where the new content begins, as after a load. */
function useFocusOnMove(path: string): void {
  const before = useRef(path);
  useEffect(() => {
    if (before.current === path) return;
    before.current = path;
    const active = document.activeElement;
    const lost = active === null || active === document.body || !active.isConnected;
    if (lost) document.getElementById("content")?.focus({ preventScroll: true });
  }, [path]);
}

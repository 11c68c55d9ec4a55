import { act, screen } from "@testing-library/react";
import { expect, test } from "vitest";
import { show } from "../../testing/render";
import { Network } from "./prejoin";

test("B16 the network is tried once the server is there, and again when it is back", async () => {
  const { core, fake } = show(<Network />);
  const online = core.session;
  if (online.state !== "signed_in") throw new Error("nobody is signed in");
  expect(fake.tries).toBe(0);
  // The core tells who is signed in.
  await act(() => Promise.resolve());
  expect(fake.tries).toBe(1);
  act(() => {
    core.tell({ type: "session", session: { ...online, connection: "offline" } });
  });
  expect(fake.tries).toBe(1);
  act(() => {
    core.tell({ type: "session", session: online });
  });
  expect(fake.tries).toBe(2);
});

test("B16 the network is told in words, and announced where no call gets through", () => {
  const { fake } = show(<Network />);
  const becomes = (network: Parameters<typeof fake.set>[0]["network"]): void => {
    act(() => {
      fake.set({ network: network ?? null });
    });
  };
  becomes("checking");
  screen.getByText("Checking your network…");
  becomes("ready");
  screen.getByText("Your network is ready for calls.");
  becomes("tcp");
  screen.getByText("UDP is blocked here: the call will use TCP, which is slower.");
  expect(screen.queryByRole("alert")).toBeNull();
  becomes("blocked");
  expect(screen.getByRole("alert").textContent).toContain("Media cannot reach this server from your network. Try another network");
  becomes(null);
  expect(document.body.textContent).toBe("");
});

import { expect, test } from "vitest";
import { parseRoute, pathOf, type Route } from "./routes";

test("every route comes back from its path", () => {
  const routes: Route[] = [
    { page: "home" },
    { page: "forgot_password" },
    { page: "invite", code: "a/b c" },
    { page: "room", roomId: "0190-äö" },
    { page: "call", roomId: "r" },
    { page: "profile" },
    { page: "devices" },
    { page: "data" },
    { page: "saved" },
    { page: "settings" },
  ];
  for (const route of routes) expect(parseRoute(pathOf(route))).toEqual(route);
});

test("what is no address of the app is not found, and a broken escape does no harm", () => {
  for (const path of ["/rooms/a/b", "/rooms/a/call/now", "/invite", "/invite/a/b", "/profile/x", "/%"]) {
    expect(parseRoute(path), path).toEqual({ page: "not_found" });
  }
  expect(parseRoute("/rooms/%E0%A4%A")).toEqual({ page: "room", roomId: "%E0%A4%A" });
});

import { afterEach, expect, test, vi } from "vitest";
import { browserPush } from "./browser";

afterEach(() => {
  vi.unstubAllGlobals();
});

function browser({ secure = true, push = true, permission = "default" }: { secure?: boolean; push?: boolean; permission?: string }): void {
  vi.stubGlobal("isSecureContext", secure);
  vi.stubGlobal("Notification", { permission });
  vi.stubGlobal("navigator", push ? { serviceWorker: {} } : {});
  if (push) vi.stubGlobal("PushManager", vi.fn());
}

test("R55: why a browser cannot be woken is told apart, the page's address before what the browser says because of it", () => {
  browser({});
  expect(browserPush.hindrance()).toBeNull();
  browser({ permission: "granted" });
  expect(browserPush.hindrance()).toBeNull();
  browser({ permission: "denied" });
  expect(browserPush.hindrance()).toBe("blocked");
  browser({ secure: false, permission: "denied" });
  expect(browserPush.hindrance()).toBe("insecure");
  vi.unstubAllGlobals();
  browser({ push: false, permission: "granted" });
  expect(browserPush.hindrance()).toBe("missing");
});

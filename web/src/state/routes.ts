/** Where one is in the app. */
export type Route =
  | { readonly page: "home" }
  | { readonly page: "forgot_password" }
  | { readonly page: "pair" }
  | { readonly page: "invite"; readonly code: string }
  | { readonly page: "guest"; readonly linkId: string }
  | { readonly page: "room"; readonly roomId: string }
  | { readonly page: "call"; readonly roomId: string }
  | { readonly page: "saved" }
  | { readonly page: "profile" }
  | { readonly page: "devices" }
  | { readonly page: "data" }
  | { readonly page: "settings" }
  | { readonly page: "not_found" };

/** Reads the path of an address. */
export function parseRoute(path: string): Route {
  const parts = path.split("/").filter((part) => part !== "");
  const [first, second, third] = parts.map(decoded);
  if (first === undefined) return { page: "home" };
  if (first === "invite" && second !== undefined && parts.length === 2) return { page: "invite", code: second };
  if (first === "guest" && second !== undefined && parts.length === 2) return { page: "guest", linkId: second };
  if (first === "rooms" && second !== undefined) {
    if (parts.length === 2) return { page: "room", roomId: second };
    if (parts.length === 3 && third === "call") return { page: "call", roomId: second };
  }
  if (parts.length === 1) {
    if (first === "rooms") return { page: "home" };
    if (first === "forgot-password") return { page: "forgot_password" };
    if (first === "pair" || first === "saved" || first === "profile" || first === "devices" || first === "data" || first === "settings") return { page: first };
  }
  return { page: "not_found" };
}

/** The path of a route; the inverse of [`parseRoute`]. */
export function pathOf(route: Route): string {
  switch (route.page) {
    case "invite":
      return `/invite/${encodeURIComponent(route.code)}`;
    case "guest":
      return `/guest/${encodeURIComponent(route.linkId)}`;
    case "room":
      return `/rooms/${encodeURIComponent(route.roomId)}`;
    case "call":
      return `/rooms/${encodeURIComponent(route.roomId)}/call`;
    case "forgot_password":
      return "/forgot-password";
    case "pair":
    case "saved":
    case "profile":
    case "devices":
    case "data":
    case "settings":
      return `/${route.page}`;
    case "home":
    case "not_found":
      return "/";
  }
}

function decoded(part: string): string {
  try {
    return decodeURIComponent(part);
  } catch {
    return part;
  }
}

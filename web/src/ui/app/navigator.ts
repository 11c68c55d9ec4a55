import { Store } from "../../state/observable";
import { parseRoute, pathOf, type Route } from "../../state/routes";

/** The address bar as a store: where one is, and how to go elsewhere. */
export class Navigator {
  readonly route: Store<Route>;

  constructor() {
    this.route = new Store(parseRoute(window.location.pathname));
    window.addEventListener("popstate", () => {
      this.route.set(parseRoute(window.location.pathname));
    });
  }

  go(route: Route): void {
    this.#move("pushState", route);
  }

  /** Like `go`, without a step for the back button. */
  replace(route: Route): void {
    this.#move("replaceState", route);
  }

  #move(how: "pushState" | "replaceState", route: Route): void {
    const path = pathOf(route);
    if (path !== window.location.pathname) window.history[how](null, "", path);
    this.route.set(route);
  }
}

import type { AnchorHTMLAttributes, MouseEvent, ReactNode } from "react";
import { pathOf, type Route } from "../../state/routes";
import { useApp } from "./context";

interface Props extends Omit<AnchorHTMLAttributes<HTMLAnchorElement>, "href"> {
  readonly to: Route;
  /** Before one is led there within the page. */
  readonly onFollow?: () => void;
  readonly children: ReactNode;
}

/** A real link that stays inside the page unless the person wants another tab. */
export function Link({ to, onFollow, children, ...rest }: Props) {
  const { navigator } = useApp();
  const follow = (event: MouseEvent): void => {
    if (event.button !== 0 || event.metaKey || event.ctrlKey || event.shiftKey || event.altKey) return;
    event.preventDefault();
    onFollow?.();
    navigator.go(to);
  };
  return (
    <a {...rest} href={pathOf(to)} onClick={follow}>
      {children}
    </a>
  );
}

import { useEffect, useRef, useState, type FocusEvent, type PointerEvent, type RefObject, type SyntheticEvent } from "react";

/** A finger that rests as long wants more than to scroll; browsers take about as long. */
const LONG_PRESS_MS = 500;

/** A finger that rests still moves by so much. */
const FINGER_SLACK_PX = 10;

interface NearProps {
  readonly onPointerEnter: (event: PointerEvent) => void;
  readonly onPointerLeave: (event: PointerEvent) => void;
  readonly onPointerDown: (event: PointerEvent) => void;
  readonly onPointerMove: (event: PointerEvent) => void;
  readonly onPointerUp: () => void;
  readonly onPointerCancel: () => void;
  readonly onContextMenu: (event: SyntheticEvent) => void;
  readonly onFocus: (event: FocusEvent) => void;
  readonly onBlur: (event: FocusEvent) => void;
}

/**
 * Whether one is at an element, and wants to see what can be done with it: a pointer is over it, the keyboard's focus is
 * in it, or a finger rested on it.
 */
export function useNear(element: RefObject<HTMLElement | null>): [near: boolean, props: NearProps] {
  const [hovered, setHovered] = useState(false);
  const [focused, setFocused] = useState(false);
  const [pressed, setPressed] = useState(false);
  const press = useRef<{ readonly timer: ReturnType<typeof setTimeout>; readonly x: number; readonly y: number } | null>(null);
  const endPress = (): void => {
    if (press.current) clearTimeout(press.current.timer);
    press.current = null;
  };
  useEffect(() => {
    const held = press;
    return () => {
      if (held.current) clearTimeout(held.current.timer);
    };
  }, []);
  useEffect(() => {
    if (!pressed) return;
    const onPress = ({ target }: Event): void => {
      const within = target instanceof Element && (element.current?.contains(target) || target.closest("[role=dialog], [role=menu]"));
      if (!within) setPressed(false);
    };
    document.addEventListener("pointerdown", onPress, true);
    return () => {
      document.removeEventListener("pointerdown", onPress, true);
    };
  }, [pressed, element]);

  const props: NearProps = {
    onPointerEnter: (event) => {
      if (event.pointerType !== "touch") setHovered(true);
    },
    onPointerLeave: () => {
      setHovered(false);
    },
    onPointerDown: (event) => {
      endPress();
      if (event.pointerType !== "touch" || (event.target instanceof Element && event.target.closest("a, button"))) return;
      const timer = setTimeout(() => {
        press.current = null;
        setPressed(true);
      }, LONG_PRESS_MS);
      press.current = { timer, x: event.clientX, y: event.clientY };
    },
    onPointerMove: (event) => {
      const begun = press.current;
      if (begun && Math.hypot(event.clientX - begun.x, event.clientY - begun.y) > FINGER_SLACK_PX) endPress();
    },
    onPointerUp: endPress,
    onPointerCancel: endPress,
    onContextMenu: (event) => {
      // By touch this is the same long press, which Android would answer with a menu of its own.
      if (pressed || press.current) event.preventDefault();
    },
    onFocus: (event) => {
      setFocused(event.target.matches(":focus-visible"));
    },
    onBlur: (event) => {
      if (!event.currentTarget.contains(event.relatedTarget)) setFocused(false);
    },
  };
  return [hovered || focused || pressed, props];
}

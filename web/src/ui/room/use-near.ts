import { useEffect, useRef, useState, type FocusEvent, type PointerEvent, type RefObject, type SyntheticEvent } from "react";
import { byKeyboard } from "../parts/modality";

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
  readonly onClickCapture: (event: SyntheticEvent) => void;
  readonly onContextMenu: (event: SyntheticEvent) => void;
  readonly onFocus: () => void;
  readonly onBlur: (event: FocusEvent) => void;
}

interface Near {
  readonly near: boolean;
  readonly props: NearProps;
  /** What one held a finger on it for is done. */
  readonly release: () => void;
}

/**
 * Whether one is at an element, and wants to see what can be done with it: a pointer is over it, the keyboard's focus is
 * in it, or a finger rested on it.
 */
export function useNear(element: RefObject<HTMLElement | null>): Near {
  const [hovered, setHovered] = useState(false);
  const [focused, setFocused] = useState(false);
  const [pressed, setPressed] = useState(false);
  const press = useRef<{ readonly timer: ReturnType<typeof setTimeout>; readonly x: number; readonly y: number } | null>(null);
  /** A finger rested, and was not lifted yet. */
  const held = useRef(false);
  const endPress = (): void => {
    if (press.current) clearTimeout(press.current.timer);
    press.current = null;
  };
  useEffect(() => {
    const begun = press;
    return () => {
      if (begun.current) clearTimeout(begun.current.timer);
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
      held.current = false;
      // For a link the browser has a menu.
      if (event.pointerType !== "touch" || (event.target instanceof Element && event.target.closest("a, [role=toolbar]"))) return;
      const timer = setTimeout(() => {
        press.current = null;
        held.current = true;
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
    onClickCapture: (event) => {
      // What was under the finger was not meant.
      if (held.current) event.stopPropagation();
      held.current = false;
    },
    onFocus: () => {
      setFocused(byKeyboard());
    },
    onBlur: (event) => {
      if (!event.currentTarget.contains(event.relatedTarget)) setFocused(false);
    },
  };
  const release = (): void => {
    setPressed(false);
  };
  return { near: hovered || focused || pressed, props, release };
}

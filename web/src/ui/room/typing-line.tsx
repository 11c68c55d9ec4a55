import { listText } from "../../i18n/format";
import type { Translate } from "../../i18n/translate";
import { useApp, useStore } from "../app/context";

/**
 * Who is typing. The line is as high when nobody does, so that nothing moves; and it is not read out by itself, for it comes
 * and goes while one reads something else.
 */
export function TypingLine({ roomId }: { readonly roomId: string }) {
  const { client, t } = useApp();
  const names = useStore(client.typing(roomId));
  return (
    <p className="typing-line soft" aria-live="off">
      {names.length > 0 && (
        <>
          <span className="typing-dots" aria-hidden="true">
            <span />
            <span />
            <span />
          </span>
          <span className="typing-names">{textOf(t, names)}</span>
        </>
      )}
    </p>
  );
}

/** Nobody reads a list of many names while it changes. */
function textOf(t: Translate, names: readonly string[]): string {
  const [first] = names;
  if (names.length === 1 && first !== undefined) return t("typing.one", { name: first });
  return names.length === 2 ? t("typing.two", { names: listText(t.locale, names) }) : t("typing.many");
}

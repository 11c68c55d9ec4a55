import { useApp } from "../app/context";
import { IconButton } from "../parts/button";

interface Props {
  /** From 0. */
  readonly page: number;
  readonly pages: number;
  readonly onPage: (page: number) => void;
}

/** Turns the pages of a grid. A button at its end keeps the focus, and does nothing. */
export function Pager({ page, pages, onPage }: Props) {
  const { client, t } = useApp();
  const place = (at: number) => ({ page: String(at + 1), pages: String(pages) });
  const turn = (to: number) => () => {
    if (to < 0 || to >= pages) return;
    onPage(to);
    client.board.announce((t) => t("call.page", place(to)));
  };
  return (
    <div className="pager" role="group" aria-label={t("call.pages")}>
      <IconButton icon="back" label={t("call.page_before")} aria-disabled={page === 0} onClick={turn(page - 1)} />
      <p>{t("call.page", place(page))}</p>
      <IconButton icon="next" label={t("call.page_after")} aria-disabled={page === pages - 1} onClick={turn(page + 1)} />
    </div>
  );
}

import { Component, type ReactNode } from "react";
import type { Translate } from "../../i18n/translate";

interface Props {
  readonly t: Translate;
  readonly children: ReactNode;
}

/** Shows words in place of an empty page when a view fails. React knows only a class for this. */
export class ErrorBoundary extends Component<Props, { readonly failed: boolean }> {
  override state = { failed: false };

  static getDerivedStateFromError(): { failed: boolean } {
    return { failed: true };
  }

  override render(): ReactNode {
    const { t, children } = this.props;
    if (!this.state.failed) return children;
    return (
      <main className="starting" role="alert">
        <div className="empty">
          <h1>{t("app.crashed.title")}</h1>
          <p>{t("app.crashed.text")}</p>
          <button
            type="button"
            className="button button-primary"
            onClick={() => {
              window.location.reload();
            }}
          >
            {t("app.crashed.reload")}
          </button>
        </div>
      </main>
    );
  }
}

import { useApp, useStore } from "../app/context";
import { useTitle } from "../app/title";
import { Empty } from "../parts/messages";

/** Beside the list of rooms while none is picked. */
export function Home() {
  const { client, t } = useApp();
  const rooms = useStore(client.rooms);
  useTitle(t("main.rooms"));
  const none = rooms?.length === 0;
  return (
    <div className="home">
      <Empty title={t(none ? "main.empty.title" : "main.pick.title")} icon="lock" level={1}>
        <p>{t(none ? "main.empty.text" : "main.pick.text")}</p>
      </Empty>
    </div>
  );
}

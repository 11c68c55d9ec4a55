import { useState } from "react";
import { useApp } from "../app/context";
import { Button } from "../parts/button";
import { Confirm } from "../parts/dialog";

/** Erases what a device that the server signed out still holds, so that somebody else can sign in here. */
export function Erase() {
  const { client, t } = useApp();
  const [asking, setAsking] = useState(false);
  return (
    <>
      <Button
        onClick={() => {
          setAsking(true);
        }}
      >
        {t("erase.open")}
      </Button>
      {asking && (
        <Confirm
          title={t("erase.title")}
          text={<p>{t("erase.text")}</p>}
          confirm={t("erase.confirm")}
          act={() => client.commands.signOut()}
          onClose={() => {
            setAsking(false);
          }}
        />
      )}
    </>
  );
}

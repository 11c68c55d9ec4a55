import { useCallback, useEffect, useState } from "react";
import type { ContactCard } from "../../core/generated/ContactCard";
import type { Failure } from "../../state/core";
import { useApp, useStore } from "../app/context";

type Found = { readonly card: ContactCard | null; readonly failure: Failure | null };

/** What is known of a contact, kept up to date. */
export function useContact(userId: string): Found & { readonly again: () => void } {
  const { client } = useApp();
  const revision = useStore(client.contacts);
  const [found, setFound] = useState<Found>({ card: null, failure: null });
  const [tries, setTries] = useState(0);
  useEffect(() => {
    let wanted = true;
    void client.commands.lookAtContact(userId).then((outcome) => {
      if (wanted) setFound(outcome.ok ? { card: outcome.value, failure: null } : { card: null, failure: outcome.failure });
    });
    return () => {
      wanted = false;
    };
  }, [client, userId, revision, tries]);
  const again = useCallback(() => setTries((tries) => tries + 1), []);
  return { ...found, again };
}

/** The words of a contact's key, as this device derives them; empty while it does. */
export function useWords(userId: string, fingerprint: string, recordedOn: number | null): readonly string[] {
  const { client } = useApp();
  const [words, setWords] = useState<{ readonly of: string; readonly words: readonly string[] }>({ of: "", words: [] });
  const of = `${userId} ${fingerprint} ${String(recordedOn)}`;
  useEffect(() => {
    let wanted = true;
    void client.commands.contactWords(userId).then((outcome) => {
      if (wanted && outcome.ok) setWords({ of, words: outcome.value.words });
    });
    return () => {
      wanted = false;
    };
  }, [client, userId, of]);
  return words.of === of ? words.words : [];
}

/** The page's files: the worker that moves them, what is on its way, and what is about to be sent. */
import type { Client } from "../state/client";
import { FilesClient } from "./client";
import { liveUploads } from "./live";
import { tokenFrom } from "./token";
import { Trays } from "./trays";
import { Uploads } from "./uploads";

export interface Files {
  readonly source: Pick<FilesClient, "download" | "upload">;
  readonly uploads: Uploads;
  readonly trays: Trays;
}

/** Follows who is signed in, and whether the server can be reached. */
export function startFiles(client: Client): Files {
  const source = FilesClient.start(tokenFrom(client.commands));
  const files = { source, uploads: new Uploads(client.commands, source, liveUploads), trays: new Trays() };
  follow(client, files);
  return files;
}

type Followed = Omit<Files, "source"> & { readonly source: Files["source"] & Pick<FilesClient, "nudge" | "halt"> };

export function follow(client: Client, { source, uploads, trays }: Followed): void {
  client.session.subscribe(() => {
    const session = client.session.get();
    if (session.state === "signed_out") {
      uploads.clear();
      trays.clear();
    }
    if (session.state === "locked") {
      uploads.lock();
      source.halt();
    }
    if (session.state !== "signed_in") return;
    uploads.unlock();
    if (session.connection === "online") source.nudge();
  });
  client.rooms.subscribe(() => {
    const rooms = client.rooms.get();
    if (rooms) uploads.keepRooms(new Set(rooms.map(({ room_id }) => room_id)));
  });
}

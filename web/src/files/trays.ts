/** Files that were chosen and not sent yet, by room. In memory alone, like drafts. */
import { Store } from "../state/observable";

export interface Chosen {
  readonly id: string;
  readonly file: File;
  /** Chosen or dropped; what was pasted is on no disk. */
  readonly fromDisk: boolean;
}

export interface Tray {
  readonly chosen: readonly Chosen[];
  /** Whether the others may save them. */
  readonly maySave: boolean;
}

const EMPTY: Tray = { chosen: [], maySave: true };

export class Trays {
  private readonly rooms = new Map<string, Store<Tray>>();

  of(roomId: string): Store<Tray> {
    let store = this.rooms.get(roomId);
    if (!store) {
      store = new Store(EMPTY);
      this.rooms.set(roomId, store);
    }
    return store;
  }

  put(roomId: string, files: readonly File[], fromDisk: boolean): void {
    const chosen = files.map((file) => ({ id: crypto.randomUUID(), file, fromDisk }));
    this.of(roomId).update((tray) => ({ ...tray, chosen: [...tray.chosen, ...chosen] }));
  }

  takeOut(roomId: string, id: string): void {
    this.of(roomId).update((tray) => ({ ...tray, chosen: tray.chosen.filter((each) => each.id !== id) }));
  }

  /** Hands out what is there, and is empty. */
  take(roomId: string): Tray {
    const store = this.of(roomId);
    const tray = store.get();
    store.set(EMPTY);
    return tray;
  }

  clear(): void {
    for (const store of this.rooms.values()) store.set(EMPTY);
  }
}

/**
 * The keys of records, in a file of their own that is overwritten in place (R50). A database of a browser keeps what was deleted
 * in its files until it is rid of them some day; without its key, that is noise.
 *
 * The core seals each record under a key of its own and puts that key, sealed too, in front. This head is cut off and goes
 * into a cell; the database has the rest, and the number of the cell.
 */

/** What the core puts in front of a record: version, nonce, sealed key (`client-core/src/store/sealing.rs`). */
const HEAD_LEN = 61;

/** A cell begins with the version of the head, which is not 0: a cell of zeros is free. */
const CELL_LEN = 64;

/** The file, as a worker has it; writing is done once `flush` returns. */
export interface PageFile {
  getSize(): number;
  read(into: Uint8Array<ArrayBuffer>, options: { at: number }): number;
  write(bytes: Uint8Array<ArrayBuffer>, options: { at: number }): number;
  truncate(size: number): void;
  flush(): void;
  close(): void;
}

/** A record as the database has it; one of a browser without such a file, or of an earlier form, is the bytes alone. */
export type KeptRecord = Uint8Array<ArrayBuffer> | { readonly cell: number; readonly rest: Uint8Array<ArrayBuffer> };

/** What the database is to have, and what follows when it has it, or has not. */
export interface Change {
  readonly kept: [string, KeptRecord | null][];
  readonly done: () => void;
  readonly undo: () => void;
}

export class RecordKeys {
  private readonly file: PageFile;
  private readonly free: number[] = [];
  /** Cells whose records are gone from the database. */
  private readonly doomed: number[] = [];
  private cells: number;
  /** Of each record, where its key is. */
  private readonly places = new Map<string, number>();

  constructor(file: PageFile) {
    this.file = file;
    this.cells = Math.floor(file.getSize() / CELL_LEN);
  }

  /**
   * The records of the database with their keys. A key without a record is of a stop in the middle of a change, and goes. A
   * record whose key is not there is as it is in the database: it does not open.
   */
  open(kept: readonly [string, KeptRecord][]): [string, Uint8Array<ArrayBuffer>][] {
    const page = new Uint8Array(this.cells * CELL_LEN);
    this.file.read(page, { at: 0 });
    const used = new Set<number>();
    const records = kept.map(([name, record]): [string, Uint8Array<ArrayBuffer>] => {
      if (record instanceof Uint8Array) return [name, record];
      const { cell, rest } = record;
      used.add(cell);
      this.places.set(name, cell);
      const whole = new Uint8Array(HEAD_LEN + rest.length);
      whole.set(page.subarray(cell * CELL_LEN, cell * CELL_LEN + HEAD_LEN));
      whole.set(rest, HEAD_LEN);
      return [name, whole];
    });
    const orphans: number[] = [];
    for (let cell = 0; cell < this.cells; cell++) {
      if (used.has(cell)) continue;
      if (page[cell * CELL_LEN] === 0) this.free.push(cell);
      else orphans.push(cell);
    }
    page.fill(0);
    this.erase(orphans);
    return records;
  }

  /**
   * Puts the keys of a batch into the page, durably, and answers what the database is to have. `done` is called when the
   * database has it: the keys of what was there before go with the next `eraseDoomed`. `undo` when it has not.
   */
  put(records: readonly [string, Uint8Array | null][], wipe: boolean): Change {
    const taken = new Map<string, number>();
    const kept = records.map(([name, value]): [string, KeptRecord | null] => {
      if (!value) return [name, null];
      if (value.length < HEAD_LEN || value[0] === 0) return [name, value.slice()];
      const cell = this.take();
      const head = new Uint8Array(CELL_LEN);
      head.set(value.subarray(0, HEAD_LEN));
      if (this.file.write(head, { at: cell * CELL_LEN }) !== CELL_LEN) throw new Error("a key was not written");
      taken.set(name, cell);
      return [name, { cell, rest: value.slice(HEAD_LEN) }];
    });
    if (taken.size > 0) this.file.flush();
    const leave = this.leave(records.map(([name]) => name), wipe);
    const done = (): void => {
      leave();
      for (const [name, cell] of taken) this.places.set(name, cell);
    };
    const undo = (): void => this.erase([...taken.values()]);
    return { kept, done, undo };
  }

  /** What is to be called when records have left their cells, or all have. */
  leave(names: readonly string[], wipe: boolean): () => void {
    const leaving = wipe ? [...this.places.keys()] : names;
    return () => {
      for (const name of leaving) {
        const cell = this.places.get(name);
        if (cell !== undefined) this.doomed.push(cell);
        this.places.delete(name);
      }
    };
  }

  /** Overwrites the keys of what is not there any more. Those of a try that fails are tried again. */
  eraseDoomed(): void {
    this.erase(this.doomed);
    this.doomed.length = 0;
  }

  /** Forgets all keys. */
  wipe(): void {
    this.file.write(new Uint8Array(this.cells * CELL_LEN), { at: 0 });
    this.file.flush();
    this.file.truncate(0);
    this.file.flush();
    this.cells = 0;
    this.free.length = 0;
    this.doomed.length = 0;
    this.places.clear();
  }

  close(): void {
    this.eraseDoomed();
    this.file.close();
  }

  private take(): number {
    return this.free.pop() ?? this.cells++;
  }

  private erase(cells: readonly number[]): void {
    if (cells.length === 0) return;
    const zeros = new Uint8Array(CELL_LEN);
    for (const cell of cells) this.file.write(zeros, { at: cell * CELL_LEN });
    this.file.flush();
    this.free.push(...cells);
  }
}

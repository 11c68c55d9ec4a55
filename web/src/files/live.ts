/** Which uploads some page of this browser works on: each holds a lock of the upload's name, which ends with the page. */
export interface LiveUploads {
  /** Holds the lock until the returned function is called. */
  hold(blobId: string): () => void;
  /** Ids that some page holds. */
  held(): Promise<ReadonlySet<string>>;
}

const PREFIX = "conclave upload ";

export const liveUploads: LiveUploads = {
  hold(blobId) {
    const ending = new AbortController();
    const ended = new Promise<void>((resolve) => {
      ending.signal.addEventListener("abort", () => resolve());
    });
    void lockManager()
      ?.request(PREFIX + blobId, () => ended)
      .catch(() => undefined);
    return () => ending.abort();
  },

  async held() {
    const state = await lockManager()
      ?.query()
      .catch(() => null);
    const names = state?.held?.map(({ name }) => name ?? "") ?? [];
    return new Set(names.filter((name) => name.startsWith(PREFIX)).map((name) => name.slice(PREFIX.length)));
  },
};

/** Without it, a page cannot know of others, and takes each upload for its own. */
function lockManager(): LockManager | undefined {
  return (navigator as Partial<Navigator>).locks;
}

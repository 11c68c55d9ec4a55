import type { Failure, Reply } from "./core";

/** What came of an action: a value, or a failure for the message catalogue. */
export type Outcome<T> = { readonly ok: true; readonly value: T } | { readonly ok: false; readonly failure: Failure };

/** Something that worked. */
export function success<T>(value: T): Outcome<T> {
  return { ok: true, value };
}

/** Something that did not. */
export function failure<T>(code: string, params: Record<string, string> = {}): Outcome<T> {
  return { ok: false, failure: { code, params } };
}

type ValueOf<Type extends Reply["type"]> = Extract<Reply, { type: Type }> extends { value: infer Value } ? Value : undefined;

/** The value of a reply of `type`; a reply of another type than the command promises counts as a failure. */
export function expectReply<Type extends Reply["type"]>(reply: Reply, type: Type): Outcome<ValueOf<Type>> {
  if (reply.type === "failed") return { ok: false, failure: reply.value };
  if (reply.type !== type) return failure("core_failed");
  return success(("value" in reply ? reply.value : undefined) as ValueOf<Type>);
}

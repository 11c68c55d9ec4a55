import type { Failure } from "../../state/core";

/** A failure where nothing but one's own password was asked for, and no address that could be wrong. */
export function ofOwnPassword(failure: Failure): Failure {
  return failure.code === "wrong_password" ? { ...failure, code: "password_differs" } : failure;
}

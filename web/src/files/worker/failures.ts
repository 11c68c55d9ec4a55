/** A transfer ended for a reason that is not the server's; the message is its code. */
export class TransferError extends Error {}

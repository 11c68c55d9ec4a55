import { useState } from "react";
import { useText } from "../app/context";
import { ContactDialog } from "./contact-dialog";

interface Props {
  readonly userId: string;
  readonly name: string;
  /** What is to be seen, if not the name. */
  readonly children?: React.ReactNode;
  readonly tabIndex?: number;
  readonly className?: string;
}

/** A person's name, behind which is the contact card. */
export function ContactButton({ userId, name, children, tabIndex, className = "" }: Props) {
  const t = useText();
  const [open, setOpen] = useState(false);
  return (
    <>
      <button
        type="button"
        className={`contact-button ${className}`}
        aria-label={t("contact.open", { name })}
        aria-haspopup="dialog"
        {...(tabIndex !== undefined && { tabIndex })}
        onClick={() => {
          setOpen(true);
        }}
      >
        {children ?? <bdi>{name}</bdi>}
      </button>
      {open && (
        <ContactDialog
          userId={userId}
          name={name}
          onClose={() => {
            setOpen(false);
          }}
        />
      )}
    </>
  );
}

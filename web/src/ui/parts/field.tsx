import { useId, useState, type InputHTMLAttributes, type ReactNode, type Ref } from "react";
import { useText } from "../app/context";
import { Icon } from "./icons";

interface Props extends Omit<InputHTMLAttributes<HTMLInputElement>, "id"> {
  readonly label: string;
  readonly hint?: ReactNode;
  /** What is wrong with the value, in words. */
  readonly error?: string | null;
  readonly ref?: Ref<HTMLInputElement>;
  /** A control at the end of the box. */
  readonly end?: ReactNode;
}

/** A labelled line of text with its hint and its error. */
export function Field({ label, hint, error, end, ...rest }: Props) {
  const id = useId();
  const described = [error ? `${id}-error` : null, hint ? `${id}-hint` : null].filter(Boolean).join(" ");
  return (
    <div className="field">
      <label htmlFor={id}>{label}</label>
      <div className="field-box">
        <input
          {...rest}
          id={id}
          aria-invalid={error ? true : undefined}
          aria-describedby={described === "" ? undefined : described}
        />
        {end}
      </div>
      {error && (
        <p className="field-error" id={`${id}-error`}>
          <Icon name="alert" size={16} />
          {error}
        </p>
      )}
      {hint && (
        <div className="field-hint" id={`${id}-hint`}>
          {hint}
        </div>
      )}
    </div>
  );
}

/** A password, which can be looked at. */
export function PasswordField(props: Omit<Props, "type" | "end">) {
  const t = useText();
  const [shown, setShown] = useState(false);
  const label = t(shown ? "sign_in.hide_password" : "sign_in.show_password");
  return (
    <Field
      {...props}
      type={shown ? "text" : "password"}
      autoCapitalize="none"
      spellCheck={false}
      end={
        <button
          type="button"
          className="field-end"
          aria-label={label}
          title={label}
          onClick={() => {
            setShown(!shown);
          }}
        >
          <Icon name={shown ? "eye_off" : "eye"} />
        </button>
      }
    />
  );
}

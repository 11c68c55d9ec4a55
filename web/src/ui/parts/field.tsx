import { useId, useState, type InputHTMLAttributes, type ReactNode, type Ref, type TextareaHTMLAttributes } from "react";
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
  return (
    <Labelled label={label} hint={hint} error={error} end={end}>
      {(about) => <input {...rest} {...about} />}
    </Labelled>
  );
}

type AreaProps = Omit<TextareaHTMLAttributes<HTMLTextAreaElement>, "id"> & Pick<Props, "label" | "hint" | "error">;

/** Several labelled lines of text with their hint and their error. */
export function AreaField({ label, hint, error, ...rest }: AreaProps) {
  return (
    <Labelled label={label} hint={hint} error={error}>
      {(about) => <textarea {...rest} {...about} />}
    </Labelled>
  );
}

/** What a box says of itself. */
interface About {
  readonly id: string;
  readonly "aria-invalid": true | undefined;
  readonly "aria-describedby": string | undefined;
}

interface LabelledProps {
  readonly label: string;
  readonly hint: ReactNode;
  readonly error: string | null | undefined;
  readonly end?: ReactNode;
  readonly children: (about: About) => ReactNode;
}

function Labelled({ label, hint, error, end, children }: LabelledProps) {
  const id = useId();
  const described = [error ? `${id}-error` : null, hint ? `${id}-hint` : null].filter(Boolean).join(" ");
  return (
    <div className="field">
      <label htmlFor={id}>{label}</label>
      <div className="field-box">
        {children({ id, "aria-invalid": error ? true : undefined, "aria-describedby": described === "" ? undefined : described })}
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

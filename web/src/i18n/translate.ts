import { isolated } from "./bidi";
import { en } from "./en";

/** Name of a text. */
export type TextKey = keyof typeof en;

type Places<Text extends string> = Text extends `${string}{${infer Name}}${infer Rest}` ? Name | Places<Rest> : never;
type TextOf<Key extends TextKey> = (typeof en)[Key];
type ParamsOf<Key extends TextKey> =
  TextOf<Key> extends string
    ? { readonly [Name in Places<TextOf<Key>>]: string }
    : TextOf<Key> extends { readonly other: infer Other extends string }
      ? { readonly [Name in Exclude<Places<Other>, "count">]: string } & { readonly count: number }
      : never;
/** No second argument for a text without places. */
type Arguments<Key extends TextKey> = keyof ParamsOf<Key> extends never ? [] : [params: ParamsOf<Key>];

/** Gives the text of a key, with its places filled. */
export interface Translate {
  <Key extends TextKey>(key: Key, ...params: Arguments<Key>): string;
  /** BCP 47 tag for dates, numbers and lists. */
  readonly locale: string;
}

/** The catalogue's texts, with dates and numbers after `locale` (English of some region). */
export function translator(locale: string): Translate {
  const plural = new Intl.PluralRules(locale);
  const number = new Intl.NumberFormat(locale);
  const translate = (key: TextKey, params: Record<string, string | number> = {}): string => {
    const entry: string | Partial<Record<Intl.LDMLPluralRule, string>> & { other: string } = en[key];
    const text = typeof entry === "string" ? entry : (entry[plural.select(Number(params["count"]))] ?? entry.other);
    return text.replaceAll(/\{(\w+)\}/g, (place, name: string) => {
      const value = params[name];
      return typeof value === "number" ? number.format(value) : value === undefined ? place : isolated(value);
    });
  };
  return Object.assign(translate as Translate, { locale });
}

/** Whether the catalogue has such a key. */
export function isTextKey(key: string): key is TextKey {
  return Object.hasOwn(en, key);
}

/** The English that a person prefers, from the browser's list; dates then look as they are used to. */
export function preferredLocale(languages: readonly string[]): string {
  return languages.find((tag) => tag === "en" || tag.startsWith("en-")) ?? "en-GB";
}

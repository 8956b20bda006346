import type { TextRules } from "./read-fields.ts";

/** What may be written on runs and task instances. */
export const NOTE_RULES: TextRules = { maxLength: 1000 };

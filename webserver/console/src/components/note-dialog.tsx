import { useMutation, useQueryClient } from "@tanstack/react-query";
import { type FormEvent, useEffect, useRef, useState } from "react";
import { ModalDialog } from "./modal-dialog.tsx";

const LONGEST_NOTE = 1000;

/** Edits a note; an empty one is taken away. */
export function NoteDialog({
  title,
  note,
  save,
  onClose,
}: {
  title: string;
  note: string | null;
  save: (note: string | null) => Promise<unknown>;
  onClose: () => void;
}) {
  const client = useQueryClient();
  const area = useRef<HTMLTextAreaElement>(null);
  const [text, setText] = useState(note ?? "");
  useEffect(() => area.current!.focus(), []);
  const saving = useMutation({
    mutationFn: () => save(text.trim() === "" ? null : text),
    onSuccess: onClose,
    onSettled: () => client.invalidateQueries(),
  });
  const submit = (event: FormEvent) => {
    event.preventDefault();
    saving.mutate();
  };
  return (
    <ModalDialog title={title} onClose={onClose}>
      <form onSubmit={submit}>
        <textarea
          ref={area}
          aria-label="Note"
          rows={6}
          maxLength={LONGEST_NOTE}
          value={text}
          onChange={(event) => setText(event.target.value)}
        />
        {saving.error !== null && (
          <p className="problem" role="alert">
            {saving.error.message}
          </p>
        )}
        <div className="buttons">
          <button type="button" className="button" onClick={onClose}>
            Cancel
          </button>
          <button type="submit" className="button primary" disabled={saving.isPending}>
            Save note
          </button>
        </div>
      </form>
    </ModalDialog>
  );
}

import { Problem } from "../api/client";
import "./ProblemNote.css";

interface Props {
  error: Error;
  onRetry?: () => void;
}

/** What happened, where, and what to do, with the code that the API and the command line say. */
export function ProblemNote({ error, onRetry }: Props) {
  const known = error instanceof Problem ? error : null;
  return (
    <div className="problem stack" role="alert">
      <p>
        <strong>{error.message}</strong>
      </p>
      {known?.hint && <p>{known.hint}</p>}
      <p className="note">
        {known?.at && (
          <>
            Place: <code>{known.at}</code>.{" "}
          </>
        )}
        {known && (
          <>
            Code: <code>{known.code}</code>.{" "}
          </>
        )}
        Nothing was changed; what was recorded is kept.
      </p>
      {onRetry && (
        <div>
          <button type="button" onClick={onRetry}>
            Ask again
          </button>
        </div>
      )}
    </div>
  );
}

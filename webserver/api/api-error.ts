import type { ValidationError } from "../protocol.ts";

/** Ends a request with a status and FastAPI's `{ "detail": … }`. */
export class ApiError extends Error {
  override readonly name = "ApiError";
  readonly status: number;
  readonly detail: string | ValidationError[];

  constructor(status: number, detail: string | ValidationError[]) {
    super(
      typeof detail === "string" ? detail : detail.map((error) => `${error.loc.join(".")}: ${error.msg}`).join("; "),
    );
    this.status = status;
    this.detail = detail;
  }
}

/** 422 for one value that was not accepted, in Pydantic's words. */
export function invalid(loc: (string | number)[], type: string, msg: string, input: unknown): ApiError {
  return new ApiError(422, [{ type, loc, msg, input }]);
}

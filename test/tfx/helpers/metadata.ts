import { type MetadataStore, openMetadataStore } from "#tfx/metadata/store.ts";
import { createTestDatabase } from "../../helpers/database.ts";

export interface TestStore extends AsyncDisposable {
  readonly url: string;
  readonly store: MetadataStore;
}

/** A fresh ML Metadata store in a database of the test's own. */
export async function createTestStore(): Promise<TestStore> {
  const database = await createTestDatabase();
  const store = await openMetadataStore({ url: database.url }, { giveUpAfter: 0 });
  return {
    url: database.url,
    store,
    async [Symbol.asyncDispose]() {
      await store.close();
      await database[Symbol.asyncDispose]();
    },
  };
}

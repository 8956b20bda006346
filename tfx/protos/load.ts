import { fileURLToPath } from "node:url";
import protobuf from "protobufjs";

/** The folder that every `.proto` path, also in an `import` line, is relative to. */
const PROTO_FOLDER = new URL("./", import.meta.url);

const root = new protobuf.Root();
root.resolvePath = (_origin, target) =>
  target.startsWith("/") ? target : fileURLToPath(new URL(target, PROTO_FOLDER));

/**
 * Loads one of our `.proto` files with everything it imports, once per process. All files share one root, so a type
 * is found by its full name whichever file brought it.
 * @param fileName upstream's path, such as `tensorflow_metadata/proto/v0/schema.proto`
 */
export function loadProto(fileName: string): protobuf.Root {
  const path = fileURLToPath(new URL(fileName, PROTO_FOLDER));
  if (!root.files.includes(path)) root.loadSync(path, { keepCase: true });
  return root;
}

/**
 * The reflected message type of a full name, its file loaded first.
 * @example reflectedType("tensorflow_metadata/proto/v0/schema.proto", "tensorflow.metadata.v0.Schema")
 */
export function reflectedType(fileName: string, typeName: string): protobuf.Type {
  return loadProto(fileName).lookupType(typeName);
}

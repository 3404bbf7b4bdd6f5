/** What a file is, before the server has seen it. */

const IMAGES = /\.(png|jpe?g|webp|bmp|tiff?|gif|avif|hei[cf])$/i;
const VIDEOS = /\.(mp4|m4v|mov|webm|mkv|avi|wmv|flv|3gp|ogv|mpe?g)$/i;

/** What the file dialog of an input offers. */
export const ACCEPTED = {
  image: "image/*,.heic,.heif,.avif",
  video: "video/*,.mkv,.mov,.avi,.wmv,.flv,.3gp,.ogv",
};

/** "image", "video", "neither", or null where name and type do not tell: then the server does. */
export function kindOf({ name, type }) {
  const [family] = type.split("/");
  if (family === "image" || family === "video") return family;
  if (IMAGES.test(name)) return "image";
  if (VIDEOS.test(name)) return "video";
  return type && type !== "application/octet-stream" ? "neither" : null;
}

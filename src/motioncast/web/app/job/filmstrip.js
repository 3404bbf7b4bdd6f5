/** The frames seen while a job rendered: at most so many, spread evenly. */

/** `previews` ({frame, image}, in order) with a new one; of more than `limit`, one goes where they are densest. */
export function withPreview(previews, preview, limit) {
  // after a lost connection the newest one comes again
  const all = [...previews.filter(({ frame }) => frame < preview.frame), preview];
  if (all.length <= limit) return all;
  let densest = 1;
  for (let place = 2; place < all.length - 1; place += 1) if (gap(all, place) < gap(all, densest)) densest = place;
  return all.filter((_, place) => place !== densest);
}

/** How many frames would lie between its neighbours. */
function gap(previews, place) {
  return previews[place + 1].frame - previews[place - 1].frame;
}

/** The time left, as it is shown: it counts down evenly although the server's estimates jump. */

/**
 * What to show `elapsed` seconds after `shown`, where the newest estimate says `goal`. It draws near the estimate by a
 * third of the difference a second; where the two are far apart, it takes the estimate.
 */
export function approach(shown, goal, elapsed) {
  const counted = shown - elapsed;
  const difference = goal - counted;
  if (Math.abs(difference) > Math.max(20, goal / 2)) return Math.max(0, goal);
  return Math.max(0, counted + difference * Math.min(1, elapsed / 3));
}

/** Far away, seconds are noise: in steps of 5 s above a minute, of a minute above ten. */
export function rounded(seconds) {
  const step = seconds > 600 ? 60 : seconds > 60 ? 5 : 1;
  return Math.ceil(seconds / step) * step;
}

// What a user of the older JavaScript client (0.2) does. It gives up on an answer after 10 s and posts again.
// Arguments: folder of the client, address, key, picture or its address, clip. Prints one JSON object as its last line.
'use strict';
const [folder, address, key, picture, clip] = process.argv.slice(2);
const { Client } = require(folder);
const MODEL = 'wavespeed-ai/wan-2.2/animate';

async function main() {
  const client = new Client(key, { baseUrl: address });
  const image = picture.startsWith('http') ? picture : await client.upload(picture);
  const inputs = { image, video: await client.upload(clip), seed: 7 };
  console.log(JSON.stringify({ sync: await client.run(MODEL, inputs, { enableSyncMode: true }) }));
}

main().catch((error) => { console.error(error); process.exit(1); });

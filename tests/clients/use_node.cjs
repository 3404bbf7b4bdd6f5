// What a user of the official JavaScript client (0.3) does. Prints one JSON object as its last line.
// Arguments: folder of the client, address, key, picture, clip, address for webhooks, address of a missing picture.
'use strict';
const [folder, address, key, picture, clip, hook, nowhere] = process.argv.slice(2);
const { Client } = require(folder);
const MODEL = 'wavespeed-ai/wan-2.2/animate';

const told = ({ outputs, detail }) => ({
  outputs, id: detail.taskId, status: detail.status, error: detail.error ? String(detail.error) : '',
});

async function main() {
  const client = new Client(key, { baseUrl: address });
  const inputs = { image: await client.upload(picture), video: await client.upload(clip), seed: 7 };
  const seen = {
    upload: inputs,
    run: told(await client.runNoThrow(MODEL, { ...inputs, webhook_url: hook })),
    sync: await client.run(MODEL, inputs, { enableSyncMode: true }),
    failed: told(await client.runNoThrow(MODEL, { ...inputs, image: nowhere })),
    refused: told(await client.runNoThrow(MODEL, { image: inputs.image })),
    stranger: told(await new Client('x'.repeat(64), { baseUrl: address }).runNoThrow(MODEL, inputs)),
  };
  console.log(JSON.stringify(seen));
}

main().catch((error) => { console.error(error); process.exit(1); });

// replicate from npm: address by baseUrl.
import Replicate from 'replicate';

const { URL: url, KEY: auth, BROKEN: broken } = process.env;
const client = new Replicate({ auth, baseUrl: `${url}/v1` });
const [file] = await client.run('black-forest-labs/flux-schnell', { input: { prompt: 'a paper boat' } });
const told = { bytes: (await file.blob()).size };
const prediction = await client.predictions.create({ model: 'black-forest-labs/flux-dev', input: { prompt: 'a paper boat' } });
told.status = (await client.wait(prediction, { interval: 50 })).status;
const boat = new Uint8Array(await (await fetch((await client.predictions.get(prediction.id)).output[0])).arrayBuffer());
const edited = await client.run('black-forest-labs/flux-kontext-pro', { input: { prompt: 'in winter', input_image: new Blob([boat]) } });
told.edited = (await edited.blob()).size;
const uploaded = await client.files.create(Buffer.from(boat), { of: 'a boat' });
told.file = [uploaded.content_type, uploaded.metadata.of, (await client.files.list()).results.length, await client.files.delete(uploaded.id)];
told.events = [];
for await (const event of client.stream('black-forest-labs/flux-schnell', { input: { prompt: 'a paper boat' } })) {
  told.events.push(event.event === 'output' ? (await event.data.blob()).size > 1000 : event.event);
}
try { await client.run('black-forest-labs/flux-dev', { input: { prompt: 'x', image: broken } }); } catch (error) { told.failure = String(error.message); }
try { await client.run('black-forest-labs/flux-schnell', { input: { prompt: 'x', num_outputs: 9 } }); } catch (error) { told.refusal = String(error.message); }
console.log(JSON.stringify(told));

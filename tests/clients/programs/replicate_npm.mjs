// replicate from npm: address by baseUrl.
import Replicate from 'replicate';

const { URL: url, KEY: auth, BROKEN: broken } = process.env;
const client = new Replicate({ auth, baseUrl: `${url}/v1` });
const [file] = await client.run('black-forest-labs/flux-schnell', { input: { prompt: 'a paper boat' } });
const told = { bytes: (await file.blob()).size };
const prediction = await client.predictions.create({ model: 'black-forest-labs/flux-dev', input: { prompt: 'a paper boat' } });
told.status = (await client.wait(prediction, { interval: 50 })).status;
try { await client.run('black-forest-labs/flux-dev', { input: { prompt: 'x', image: broken } }); } catch (error) { told.failure = String(error.message); }
try { await client.run('black-forest-labs/flux-schnell', { input: { prompt: 'x', num_outputs: 9 } }); } catch (error) { told.refusal = String(error.message); }
console.log(JSON.stringify(told));

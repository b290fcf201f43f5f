// openai from npm: address by baseURL.
import OpenAI from 'openai';

const { URL: url, KEY: apiKey, BROKEN: broken } = process.env;
const client = new OpenAI({ apiKey, baseURL: `${url}/v1` });
const made = await client.images.generate({ model: 'flux-dev', prompt: 'a paper boat', size: '512x512', response_format: 'b64_json' });
const told = { bytes: Buffer.from(made.data[0].b64_json, 'base64').length };
try { await client.images.generate({ model: 'flux-dev', prompt: 'x', image_prompt: broken }); } catch (error) { told.failure = String(error.message); }
try { await client.images.generate({ model: 'flux-dev', prompt: 'x', size: '33x33' }); } catch (error) { told.refusal = `${error.param}: ${error.message}`; }
console.log(JSON.stringify(told));

// @ai-sdk/replicate from npm: address by baseURL.
import { createReplicate } from '@ai-sdk/replicate';
import { generateImage } from 'ai';

const { URL: url, KEY: apiToken, BROKEN: broken } = process.env;
const provider = createReplicate({ baseURL: `${url}/v1`, apiToken });
const { image } = await generateImage({ model: provider.image('black-forest-labs/flux-schnell'), prompt: 'a paper boat', aspectRatio: '16:9' });
const told = { bytes: image.uint8Array.length };
const failing = { model: provider.image('black-forest-labs/flux-dev'), prompt: 'x', maxRetries: 0, providerOptions: { replicate: { image: broken } } };
try { await generateImage(failing); } catch (error) { told.failure = String(error.message); }
const refused = { model: provider.image('black-forest-labs/flux-schnell'), prompt: 'x', aspectRatio: '7:1', maxRetries: 0 };
try { await generateImage(refused); } catch (error) { told.refusal = String(error.message); }
console.log(JSON.stringify(told));

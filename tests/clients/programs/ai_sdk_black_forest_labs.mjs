// @ai-sdk/black-forest-labs from npm: address by baseURL.
import { createBlackForestLabs } from '@ai-sdk/black-forest-labs';
import { generateImage } from 'ai';

const { URL: url, KEY: apiKey, BROKEN: broken } = process.env;
const provider = createBlackForestLabs({ baseURL: `${url}/v1`, apiKey });
const { image } = await generateImage({ model: provider.image('flux-pro-1.1'), prompt: 'a paper boat', aspectRatio: '1:1' });
const told = { bytes: image.uint8Array.length };
const failing = { model: provider.image('flux-dev'), prompt: 'x', maxRetries: 0, providerOptions: { blackForestLabs: { imagePrompt: broken } } };
try { await generateImage(failing); } catch (error) { told.failure = String(error.message); }
const refused = createBlackForestLabs({ baseURL: `${url}/v1`, apiKey: 'nonsense' });
try { await generateImage({ model: refused.image('flux-pro-1.1'), prompt: 'x', maxRetries: 0 }); } catch (error) { told.refusal = String(error.message); }
console.log(JSON.stringify(told));

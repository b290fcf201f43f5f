// @ai-sdk/openai-compatible from npm: address by baseURL.
import { createOpenAICompatible } from '@ai-sdk/openai-compatible';
import { generateImage } from 'ai';

const { URL: url, KEY: apiKey, BROKEN: broken } = process.env;
const provider = createOpenAICompatible({ name: 'mezzotint', baseURL: `${url}/v1`, apiKey });
const model = provider.imageModel('flux-dev');
const { image } = await generateImage({ model, prompt: 'a paper boat', size: '512x512' });
const told = { bytes: image.uint8Array.length };
const failing = { model, prompt: 'x', maxRetries: 0, providerOptions: { mezzotint: { image_prompt: broken } } };
try { await generateImage(failing); } catch (error) { told.failure = String(error.message); }
try { await generateImage({ model, prompt: 'x', size: '33x33', maxRetries: 0 }); } catch (error) { told.refusal = String(error.message); }
console.log(JSON.stringify(told));

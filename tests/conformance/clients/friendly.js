import { FriendlyCaptchaClient } from '@friendlycaptcha/server-sdk';

const [apiEndpoint, apiKey, response, mode, sitekey] = process.argv.slice(2);
const client = new FriendlyCaptchaClient({ apiEndpoint, apiKey, sitekey, strict: mode === 'strict' });
const result = await client.verifyCaptchaResponse(response);
let accepted;
try {
  accepted = result.shouldAccept();
} catch {
  accepted = 'thrown';
}
console.log(JSON.stringify({ accepted, able: result.wasAbleToVerify(), error: result.getResponseError()?.error_code }));
process.exit(); // or its timer would keep it for twenty seconds

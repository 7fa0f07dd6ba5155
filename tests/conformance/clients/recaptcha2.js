import Recaptcha2 from 'recaptcha2';

const [apiEndpoint, secretKey, response] = process.argv.slice(2);
const recaptcha = new Recaptcha2({ siteKey: 'unused', secretKey });
recaptcha.apiEndpoint = apiEndpoint;
recaptcha.validate(response, '203.0.113.7').then(
  accepted => console.log(JSON.stringify({ accepted })),
  // What follows a failed request is the system's own words for it.
  codes => console.log(JSON.stringify({ codes: codes[0] === 'request-error' ? codes.slice(0, 1) : codes })));

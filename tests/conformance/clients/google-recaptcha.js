import GoogleRecaptcha from 'google-recaptcha';

const [apiUrl, secret, response] = process.argv.slice(2);

// It looks at the status of an answer before it looks whether there is one.
process.on('uncaughtException', error => console.log(JSON.stringify({ thrown: error.name })));
new GoogleRecaptcha({ apiUrl, secret }).verify({ response, remoteIp: '203.0.113.7' }, (error, body) =>
  console.log(JSON.stringify(error ? { error: error.message } : { accepted: true, hostname: body.hostname })));

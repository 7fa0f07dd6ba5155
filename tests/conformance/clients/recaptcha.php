<?php
require 'ReCaptcha/autoload.php';

[, $url, $secret, $token, $hostname] = $argv;
$client = new ReCaptcha\ReCaptcha($secret, new ReCaptcha\RequestMethod\Post($url));
$verdict = $client->setExpectedHostname($hostname)->setChallengeTimeout(3600)->verify($token, '203.0.113.7');
echo json_encode(['accepted' => $verdict->isSuccess(), 'codes' => $verdict->getErrorCodes()]), "\n";

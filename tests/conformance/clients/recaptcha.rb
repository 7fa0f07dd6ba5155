require 'recaptcha'

# A controller as far as the client needs one.
Request = Struct.new(:remote_ip)
class Controller
  include Recaptcha::Verify

  def request
    Request.new('203.0.113.7')
  end
end

url, secret, response, hostname = ARGV
Recaptcha.configure do |config|
  config.verify_url = url
  config.secret_key = secret
  config.hostname = hostname
end
begin
  puts({ accepted: Controller.new.verify_recaptcha(response: response) }.to_json)
rescue Recaptcha::RecaptchaError => e
  puts({ raised: e.class.name }.to_json)
end

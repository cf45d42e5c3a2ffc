#include <openssl/ssl.h>

#include <fmt/format.h>

#include "base/file.h"
#include "net/wire_internal.h"

namespace videogen::net {
namespace {

constexpr std::size_t kMostBytes = std::size_t{1} << 20;

}  // namespace

Result<std::unique_ptr<boost::asio::ssl::context>> tls_of_server(
    const std::filesystem::path& certificate, const std::filesystem::path& key) {
  namespace ssl = boost::asio::ssl;
  // Read here, so that what is missing is told from what is wrong.
  VIDEOGEN_TRY(const std::string chain, read_file(certificate, kMostBytes));
  VIDEOGEN_TRY(const std::string secret, read_file(key, kMostBytes));
  auto context = std::make_unique<ssl::context>(ssl::context::tls_server);
  const auto wrong = [](std::string_view what, const std::filesystem::path& path,
                        const boost::system::error_code& error) {
    return fail(ErrorCode::corrupt, fmt::format("{} is no {} in PEM: {}", printable(path.string()),
                                                what, error.message()));
  };
  boost::system::error_code error;
  context->set_options(ssl::context::default_workarounds | ssl::context::no_sslv2 |
                           ssl::context::no_sslv3 | ssl::context::no_tlsv1 |
                           ssl::context::no_tlsv1_1 | ssl::context::no_compression,
                       error);
  context->use_certificate_chain(boost::asio::buffer(chain), error);
  if (error) return wrong("certificate chain", certificate, error);
  context->use_private_key(boost::asio::buffer(secret), ssl::context::pem, error);
  if (error) return wrong("private key of that certificate", key, error);
  if (::SSL_CTX_check_private_key(context->native_handle()) != 1)
    return fail(ErrorCode::corrupt, fmt::format("{} is not the key of {}", printable(key.string()),
                                                printable(certificate.string())));
  return context;
}

}  // namespace videogen::net

#include <cmath>
#include <optional>

#include <fmt/format.h>

#include "cli/listen.h"
#include "cli/numbers.h"
#include "cli/verb_internal.h"
#include "emulator/emulator.h"

namespace videogen::cli {
namespace {

std::chrono::milliseconds milliseconds(double seconds) {
  return std::chrono::milliseconds(std::llround(seconds * 1000));
}

// For a shell that reads it: quoted where it has to be.
std::string quoted(const std::string& value) {
  constexpr std::string_view kPlain =
      "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-./:@%+=,[]";
  if (value.find_first_not_of(kPlain) == std::string::npos) return value;
  std::string out = "'";
  for (const char c : value) out += c == '\'' ? std::string("'\\''") : std::string(1, c);
  return out + "'";
}

class Emulate final : public Verb {
 public:
  std::string name() const override { return "emulate"; }
  std::string summary() const override {
    return "Stand in for Veo, Cloud Storage, tokens and the hub";
  }
  std::string arguments() const override { return ""; }
  void declare(CLI::App& command) override;
  Result<int> run(Context& context, const std::vector<std::string>& arguments) override;

 private:
  Result<emulator::Options> options() const;

  std::string listen_ = "127.0.0.1:0", data_, model_, project_ = "videogen-emulator";
  std::vector<std::string> faults_;
  std::string latency_ = "0.5", broken_every_ = "4", shrink_ = "1", slow_poll_ = "10",
              token_lifetime_ = "3600";
  std::string config_;
};

void Emulate::declare(CLI::App& command) {
  command.add_option("--listen", listen_, "Where to listen; port 0: a free one is chosen")
      ->type_name("ADDRESS:PORT")
      ->capture_default_str();
  command
      .add_option("--data", data_,
                  "Keep operations, objects and keys here; without it they go with the emulator")
      ->type_name("DIR");
  command.add_option("--model", model_, "What the hub serves; a tiny CLIP if left out")
      ->type_name("DIR");
  command
      .add_option("--fault", faults_,
                  "KIND[.PLACE][:PROBABILITY][@TIMES], see below; may be given several times")
      ->type_name("FAULT")
      ->allow_extra_args(false)
      ->multi_option_policy(CLI::MultiOptionPolicy::TakeAll);
  command.add_option("--latency", latency_, "An operation takes at least so long")
      ->type_name("SECONDS")
      ->capture_default_str();
  command
      .add_option("--broken-every", broken_every_,
                  "One clip in N has a planted defect, chosen by prompt and seed; 0: none")
      ->type_name("N")
      ->capture_default_str();
  command
      .add_option("--shrink", shrink_,
                  "Divide the sides of all clips by N, where rendering takes too long")
      ->type_name("N")
      ->capture_default_str();
  command.add_option("--slow-poll", slow_poll_, "What the fault slow-poll takes")
      ->type_name("SECONDS")
      ->capture_default_str();
  command.add_option("--token-lifetime", token_lifetime_, "Access tokens are good for so long")
      ->type_name("SECONDS")
      ->capture_default_str();
  command.add_option("--project", project_, "Name of the Google Cloud project")
      ->type_name("NAME")
      ->capture_default_str();
  command.add_option("--config", config_, "TOML file with a table [emulate] of these flags")
      ->type_name("FILE");
  command.footer(fmt::format(
      "Prints the environment that points clients here, and serves until Ctrl-C.\n\n"
      "Faults strike the requests that they belong to, or those of a place: submit poll\n"
      "download upload object token hub. Any status from 400 to 599 is a kind, too; 429 and 503\n"
      "come with Retry-After, unless -no-retry-after follows. A request can ask for faults\n"
      "itself, in the header x-goog-emulator-instructions.\n"
      "kinds: {}\n\n"
      "Example: videogen emulate --fault 503@2 --fault filtered:0.1 > env.sh &\n"
      "         . ./env.sh",
      emulator::fault_kinds()));
}

Result<emulator::Options> Emulate::options() const {
  emulator::Options options;
  VIDEOGEN_TRY(const Endpoint endpoint, parse_listen(listen_));
  options.address = endpoint.address;
  options.port = endpoint.port;
  options.data = data_;
  options.model = model_;
  options.project = project_;
  if (project_.empty() ||
      project_.find_first_not_of("abcdefghijklmnopqrstuvwxyz0123456789-") != std::string::npos)
    return fail(ErrorCode::usage, fmt::format("--project {}: lower-case letters, digits and "
                                              "hyphens",
                                              printable(project_, 60)));
  for (const std::string& text : faults_) {
    VIDEOGEN_TRY(emulator::FaultRule rule, emulator::parse_fault(text));
    options.faults.push_back(std::move(rule));
  }
  VIDEOGEN_TRY(const double latency, parse_number("--latency", latency_, 0, 86400));
  options.jobs.latency = milliseconds(latency);
  VIDEOGEN_TRY(const double slow, parse_number("--slow-poll", slow_poll_, 0, 3600));
  options.slow_poll = milliseconds(slow);
  VIDEOGEN_TRY(const double lifetime, parse_number("--token-lifetime", token_lifetime_, 0, 43200));
  options.token_lifetime = std::chrono::seconds(std::llround(lifetime));
  VIDEOGEN_TRY(const double every, parse_number("--broken-every", broken_every_, 0, 1'000'000));
  options.jobs.broken_every = int(every);
  VIDEOGEN_TRY(const double shrink, parse_number("--shrink", shrink_, 1, 64));
  options.jobs.shrink = int(shrink);
  return options;
}

Result<int> Emulate::run(Context& context, const std::vector<std::string>& arguments) {
  if (!arguments.empty())
    return fail(ErrorCode::usage, fmt::format("emulate takes no arguments, only flags, not {}",
                                              printable(arguments.front(), 60)));
  VIDEOGEN_TRY(const emulator::Options options, this->options());
  VIDEOGEN_TRY(emulator::Emulator emulator, emulator::Emulator::open(options));
  std::string text;
  for (const auto& [name, value] : emulator.environment())
    text += fmt::format("export {}={}\n", name, quoted(value));
  text += "# or, for clients that cannot be redirected by a service account's file:\n";
  for (const auto& [name, value] : emulator.alternatives())
    text += fmt::format("# export {}={}\n", name, quoted(value));
  VIDEOGEN_TRY(context.console.write(text));
  emulator.run(context.interruption.token());
  // A server that its user stops has done what it was for.
  return 0;
}

}  // namespace

std::unique_ptr<Verb> make_emulate() { return std::make_unique<Emulate>(); }

}  // namespace videogen::cli

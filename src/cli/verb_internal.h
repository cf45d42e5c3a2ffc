// A verb of the program: declares its flags, then does its work.
#pragma once

#include <map>
#include <memory>
#include <set>
#include <string>
#include <vector>

#include <CLI/CLI.hpp>

#include "base/error.h"
#include "cli/console.h"
#include "cli/signals.h"

namespace videogen::cli {

// Flags that were not set on the command line but elsewhere, by name, and where: "model" by
// "VIDEOGEN_MODEL" or "settings.toml: model".
using Origins = std::map<std::string, std::string>;

// What a verb needs of the process.
struct Context {
  Console& console;
  Interruption& interruption;
  Origins origins;
};

class Verb {
 public:
  virtual ~Verb() = default;

  // How it is called after the program's name and what it does: "validate", "INPUT…".
  [[nodiscard]] virtual std::string name() const = 0;
  [[nodiscard]] virtual std::string summary() const = 0;
  [[nodiscard]] virtual std::string arguments() const = 0;

  // Keys of its table in a configuration file that are no flags; it reads them itself.
  [[nodiscard]] virtual std::set<std::string> own_tables() const { return {}; }

  // Declares flags, and the footer of its help with an example.
  virtual void declare(CLI::App& command) = 0;

  // `arguments` are what is no flag. Returns the exit status; errors of single inputs go to
  // the console, an error of the whole is returned.
  [[nodiscard]] virtual Result<int> run(Context& context,
                                        const std::vector<std::string>& arguments) = 0;
};

[[nodiscard]] std::unique_ptr<Verb> make_validate();
[[nodiscard]] std::unique_ptr<Verb> make_embed();
[[nodiscard]] std::unique_ptr<Verb> make_generate();
[[nodiscard]] std::unique_ptr<Verb> make_sample();
[[nodiscard]] std::unique_ptr<Verb> make_models_list();
[[nodiscard]] std::unique_ptr<Verb> make_models_pull();
[[nodiscard]] std::unique_ptr<Verb> make_models_verify();
[[nodiscard]] std::unique_ptr<Verb> make_emulate();
[[nodiscard]] std::unique_ptr<Verb> make_serve();
[[nodiscard]] std::unique_ptr<Verb> make_mcp();
[[nodiscard]] std::unique_ptr<Verb> make_doctor();

}  // namespace videogen::cli

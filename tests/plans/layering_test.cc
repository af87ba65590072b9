// SPDX-License-Identifier: Apache-2.0
// Which layer may know what, held by a scan of the sources and of the symbols that the plans library wants.
#include <algorithm>
#include <array>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <functional>
#include <regex>
#include <set>
#include <sstream>
#include <string>
#include <vector>

#include <catch2/catch.hpp>

namespace quorate {
namespace {

struct Source {
  std::string path;  // from the root of the sources
  std::string text;
};

std::vector<Source> read_sources() {
  const std::filesystem::path root = SOURCES;
  std::vector<Source> sources;
  for (const std::string folder : {"schemas", "plans", "providers", "engine"}) {
    for (const auto& entry : std::filesystem::recursive_directory_iterator(root / folder)) {
      const std::string extension = entry.path().extension().string();
      const std::string name = entry.path().filename().string();
      const bool is_source = extension == ".cc" || extension == ".h" || name.ends_with(".cc.in");
      if (!is_source) continue;
      std::ostringstream text;
      text << std::ifstream(entry.path()).rdbuf();
      sources.push_back({std::filesystem::relative(entry.path(), root).string(), text.str()});
    }
  }
  return sources;
}

struct Rule {
  std::string name;
  std::function<bool(const std::string& path)> covers;
  std::regex forbidden;
};

std::function<bool(const std::string&)> in(const std::string& prefix) {
  return [prefix](const std::string& path) { return path.rfind(prefix, 0) == 0; };
}

std::function<bool(const std::string&)> outside(const std::vector<std::string>& prefixes) {
  return [prefixes](const std::string& path) {
    return std::none_of(prefixes.begin(), prefixes.end(), [&](const std::string& prefix) { return path.rfind(prefix, 0) == 0; });
  };
}

const std::vector<Rule>& rules() {
  static const std::vector<Rule> all = {
      {"schemas know nothing of ours", in("schemas/"), std::regex(R"(#include "(plans|providers|engine|tests)/)")},
      {"plans know schemas alone", in("plans/"), std::regex(R"(#include "(providers|engine|tests)/)")},
      {"providers know schemas alone", in("providers/"), std::regex(R"(#include "(plans|engine|tests)/)")},
      {"plans have no file, thread, stream, chance or clock", in("plans/"),
       std::regex(
           R"(#include <(fstream|filesystem|thread|mutex|iostream|random|unistd\.h|sys/[a-z]+\.h|ctime|cstdlib)>|_clock::now|system_clock|steady_clock)")},
      {"gRPC's headers are in providers/etcd alone", outside({"providers/etcd/"}), std::regex(R"(#include [<"](grpc|grpcpp)/)")},
      {"libssh's headers are in providers/ssh alone", outside({"providers/ssh/"}), std::regex(R"(#include [<"]libssh/)")},
      // known_hosts.cc and base64.cc: the hashes and base64 of ~/.ssh/known_hosts.
      {"OpenSSL's headers are in providers/pki, the digest and the known hosts alone",
       outside({"providers/pki/", "schemas/digest.cc", "providers/ssh/known_hosts.cc", "providers/ssh/base64.cc"}),
       std::regex(R"(#include [<"]openssl/)")},
      {"cxxopts is in engine/cli alone", outside({"engine/cli/"}), std::regex(R"(#include [<"]cxxopts)")},
      {"yaml-cpp is in schemas alone", outside({"schemas/"}), std::regex(R"(#include [<"]yaml-cpp/)")},
  };
  return all;
}

std::vector<std::string> broken_rules(const std::vector<Source>& sources) {
  std::vector<std::string> broken;
  for (const Source& source : sources) {
    for (const Rule& rule : rules()) {
      std::smatch match;
      if (rule.covers(source.path) && std::regex_search(source.text, match, rule.forbidden)) {
        broken.push_back(source.path + ": " + rule.name + ": " + match.str());
      }
    }
  }
  return broken;
}

// Names of symbols that `nm` prints as wanted, without versions.
std::set<std::string> wanted_symbols(const std::string& archive) {
  const std::string command = "'" NM "' -u '" + archive + "'";
  std::FILE* pipe = popen(command.c_str(), "r");
  REQUIRE(pipe != nullptr);
  std::set<std::string> symbols;
  std::array<char, 4096> line{};
  while (std::fgets(line.data(), line.size(), pipe) != nullptr) {
    std::istringstream words(line.data());
    std::string kind;
    std::string name;
    if (words >> kind >> name && kind == "U") symbols.insert(name.substr(0, name.find('@')));
  }
  REQUIRE(pclose(pipe) == 0);
  return symbols;
}

std::vector<std::string> effects_among(const std::set<std::string>& symbols) {
  const std::set<std::string> effects = {"open",
                                         "open64",
                                         "openat",
                                         "read",
                                         "write",
                                         "pread",
                                         "pwrite",
                                         "fopen",
                                         "fopen64",
                                         "fread",
                                         "fwrite",
                                         "socket",
                                         "connect",
                                         "send",
                                         "recv",
                                         "fork",
                                         "vfork",
                                         "execve",
                                         "system",
                                         "popen",
                                         "clock_gettime",
                                         "gettimeofday",
                                         "getenv",
                                         "secure_getenv",
                                         "time",
                                         "gmtime",
                                         "gmtime_r",
                                         "localtime",
                                         "rand",
                                         "random",
                                         "getrandom",
                                         "pthread_create",
                                         "unlink",
                                         "rename",
                                         "stat",
                                         "_ZNSt6chrono3_V212system_clock3nowEv",
                                         "_ZNSt6chrono3_V212steady_clock3nowEv",
                                         "_ZSt4cout",
                                         "_ZSt4cerr"};
  std::vector<std::string> found;
  for (const std::string& symbol : symbols) {
    if (effects.count(symbol) > 0) found.push_back(symbol);
  }
  return found;
}

TEST_CASE("every source keeps to what its layer may know", "[layering]") {
  const std::vector<Source> sources = read_sources();
  CHECK(std::count_if(sources.begin(), sources.end(), [](const Source& source) { return in("plans/")(source.path); }) > 40);
  const std::vector<std::string> broken = broken_rules(sources);
  CHECK(broken == std::vector<std::string>{});
}

TEST_CASE("a line that breaks a rule is found", "[layering]") {
  const std::vector<Source> planted = {{"schemas/x.cc", "#include \"plans/plan.h\"\n"},
                                       {"plans/x.cc", "#include \"providers/ssh/session.h\"\n"},
                                       {"providers/node/x.cc", "#include \"plans/plan.h\"\n"},
                                       {"plans/steps/x.cc", "#include <fstream>\n"},
                                       {"plans/x.cc", "auto now = std::chrono::system_clock::now();\n"},
                                       {"engine/x.cc", "#include <grpcpp/grpcpp.h>\n"},
                                       {"providers/node/x.cc", "#include <libssh/libssh.h>\n"},
                                       {"engine/x.cc", "#include <openssl/evp.h>\n"},
                                       {"engine/x.cc", "#include <cxxopts.hpp>\n"},
                                       {"plans/x.cc", "#include <yaml-cpp/yaml.h>\n"}};
  for (const Source& source : planted) {
    INFO(source.path << ": " << source.text);
    CHECK(broken_rules({source}).size() == 1);
  }
  CHECK(broken_rules({{"plans/x.cc", "#include \"schemas/digest.h\"\n#include <string>\n"}}).empty());
}

TEST_CASE("the plans library wants no symbol that has an effect", "[layering]") {
  const std::set<std::string> symbols = wanted_symbols(PLANS_LIBRARY);
  CHECK(symbols.size() > 100);
  CHECK(effects_among(symbols) == std::vector<std::string>{});
}

TEST_CASE("a library that has effects is seen to have them", "[layering]") {
  CHECK_FALSE(effects_among(wanted_symbols(EFFECTFUL_LIBRARY)).empty());
}

}  // namespace
}  // namespace quorate

# For node-gyp (`npm run build:gyp`). CMakeLists.txt is the build that counts; both take every file
# in native/src, several as one. The version of libtorch, and where it is, are scripts/fetch-libtorch.js's business.
{
  'targets': [
    {
      'target_name': 'nodetorch',
      'variables': {
        'libtorch': '<!(node scripts/fetch-libtorch.js --print --no-fetch --quiet)',
      },
      'sources': [
        '<!@(node scripts/gyp-sources.js)',
      ],
      'defines': ['NAPI_EXPERIMENTAL', 'NODE_API_EXPERIMENTAL_NO_WARNING', 'NAPI_VERSION=2147483647'],
      'include_dirs': [
        "<!(node -p \"require('node-api-headers').include_dir\")",
        "<!(node -p \"require('node-addon-api').include_dir\")",
        '<(libtorch)/include',
        '<(libtorch)/include/torch/csrc/api/include',
        'native/src',
        'native/src/compat',
      ],
      'cflags_cc': ['-std=c++20', '-fexceptions', '-frtti', '-fvisibility=hidden', '-w', '-include', '<(module_root_dir)/native/src/pch.h'],
      'xcode_settings': {
        'CLANG_CXX_LANGUAGE_STANDARD': 'c++20',
        'CLANG_CXX_LIBRARY': 'libc++',
        'GCC_ENABLE_CPP_EXCEPTIONS': 'YES',
        'GCC_ENABLE_CPP_RTTI': 'YES',
        'GCC_SYMBOLS_PRIVATE_EXTERN': 'YES',
        'GCC_PREFIX_HEADER': 'native/src/pch.h',
        'MACOSX_DEPLOYMENT_TARGET': '11.0',
      },
      'msvs_settings': {
        'VCCLCompilerTool': {
          'ExceptionHandling': 1,
          'RuntimeTypeInfo': 'true',
          'AdditionalOptions': ['/std:c++20', '/Zc:__cplusplus', '/bigobj'],
          'ForcedIncludeFiles': ['native/src/pch.h'],
        },
      },
      # As in CMakeLists.txt: libtorch is kept though nothing in it is called by name, because it
      # brings CUDA's kernels where there are any.
      'conditions': [
        ["OS=='linux'", {
          'libraries': ['-L<(libtorch)/lib', '-Wl,--no-as-needed', '-ltorch', '-ltorch_cpu', '-lc10'],
          'ldflags': ["-Wl,-rpath,'<(libtorch)/lib'", "-Wl,-rpath,'$$ORIGIN'", "-Wl,-rpath,'$$ORIGIN/libtorch/lib'"],
        }],
        ["OS=='mac'", {
          'libraries': ['-L<(libtorch)/lib', '-ltorch', '-ltorch_cpu', '-lc10', '-Wl,-rpath,<(libtorch)/lib', '-Wl,-rpath,@loader_path', '-Wl,-rpath,@loader_path/libtorch/lib'],
        }],
        ["OS=='win'", {
          'libraries': ['<(libtorch)/lib/torch.lib', '<(libtorch)/lib/torch_cpu.lib', '<(libtorch)/lib/c10.lib'],
        }],
      ],
    },
  ],
}

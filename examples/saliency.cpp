// Predicts attention with ONNX Runtime's C++ interface.
//
//   saliency uvanet-64.onnx 30 < frames.rgb > maps.f32
//
// Reads RGB frames of 128 x 72 pixels, 3 bytes each; writes a map of 64 x 36 floats, 0..1, for each.
// The second argument is the frame rate. FFmpeg makes such frames of a film:
//
//   ffmpeg -i film.mp4 -vf scale=128:72:flags=area -pix_fmt rgb24 -f rawvideo frames.rgb
//
// Build (the headers are of the release of ONNX Runtime whose library is linked):
//
//   g++ -std=c++17 -O2 -I include saliency.cpp -L lib -l onnxruntime -o saliency
#include <onnxruntime_cxx_api.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <deque>
#include <vector>

namespace {

constexpr int64_t kHeight = 72, kWidth = 128;
constexpr std::array<int64_t, 4> kFrame{1, kHeight, kWidth, 3};

class Saliency {
public:
    explicit Saliency(const char* model) : session_{env_, model, Ort::SessionOptions{}} {
        features_[1] = session_.GetInputTypeInfo(1).GetTensorTypeAndShapeInfo().GetShape()[1];
    }

    // Number of values of the features of a frame.
    size_t size() const {
        return static_cast<size_t>(features_[1] * features_[2] * features_[3]);
    }

    // Returns saliency and features; `earlier` are the features of the frame 100 ms before.
    std::vector<Ort::Value> step(std::vector<uint8_t>& frame, std::vector<float>& earlier) {
        const char* inputs[] = {"frame", "earlier"};
        const char* outputs[] = {"saliency", "features"};
        const Ort::Value fed[] = {tensor(frame, kFrame), tensor(earlier, features_)};
        return session_.Run(Ort::RunOptions{}, inputs, fed, 2, outputs, 2);
    }

private:
    template <class T>
    Ort::Value tensor(std::vector<T>& values, const std::array<int64_t, 4>& shape) {
        return Ort::Value::CreateTensor<T>(
            memory_, values.data(), values.size(), shape.data(), shape.size());
    }

    Ort::Env env_;
    Ort::Session session_;
    std::array<int64_t, 4> features_{1, 0, kHeight / 4, kWidth / 4};
    Ort::MemoryInfo memory_ = Ort::MemoryInfo::CreateCpu(OrtArenaAllocator, OrtMemTypeDefault);
};

std::vector<float> copy(const Ort::Value& value) {
    const float* values = value.GetTensorData<float>();
    return {values, values + value.GetTensorTypeAndShapeInfo().GetElementCount()};
}

void run(const char* model, double fps) {
    Saliency network{model};
    std::vector<uint8_t> frame(3 * kHeight * kWidth);
    std::vector<float> nothing(network.size());
    std::deque<std::vector<float>> past;  // features of the frames of the last 100 ms
    const auto delay = static_cast<size_t>(std::max(1.0, std::round(0.1 * fps)));
    while (std::fread(frame.data(), 1, frame.size(), stdin) == frame.size()) {
        if (past.empty()) {  // for the network, nothing moves in the first frame
            past.push_back(copy(network.step(frame, nothing)[1]));
        }
        const auto found = network.step(frame, past.front());
        past.push_back(copy(found[1]));
        if (past.size() > delay) {
            past.pop_front();
        }
        const auto map = copy(found[0]);
        std::fwrite(map.data(), sizeof(float), map.size(), stdout);
    }
}

}  // namespace

int main(int count, char** arguments) {
    const double fps = count == 3 ? std::atof(arguments[2]) : 0.0;
    if (fps <= 0.0) {
        std::fprintf(stderr, "usage: saliency MODEL.onnx FPS < frames.rgb > maps.f32\n");
        return 2;
    }
    try {
        run(arguments[1], fps);
    } catch (const Ort::Exception& error) {
        std::fprintf(stderr, "%s\n", error.what());
        return 1;
    }
    return 0;
}

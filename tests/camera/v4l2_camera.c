/* A webcam in user space, for tests: a library to preload that answers for /dev/videoN.
 *
 * Only the kernel's driver is replaced: the program, OpenCV and the C library are the real ones.
 * Like a UVC camera it exposes frames at a steady rate, drops a frame for which no buffer waits when
 * its exposure begins, and stamps it with the monotonic time of that moment.
 *
 * V4L2_CAMERA_FRAMES: a file of modes, each "code[4] width height fps count" (32 bits, native), then
 *     `count` times "size bytes".
 * V4L2_CAMERA_STATE: a file "STATE GENERATION", read before each answer. Handles that were opened in
 *     another generation are dead, as after unplugging. See camera_kit.py for the states.
 */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/videodev2.h>
#include <pthread.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/select.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

enum { MAX_MODES = 8, MAX_FRAMES = 128, MAX_BUFFERS = 8, MAX_HANDLES = 8, BUFFER_BYTES = 4 << 20 };

struct mode {
    uint32_t code, width, height, fps, count;
    uint32_t size[MAX_FRAMES];
    const unsigned char *data[MAX_FRAMES];
};

struct buffer {
    enum { FREE, QUEUED, DONE } stage;
    double moment; /* when it was queued; then the exposure's start */
    uint32_t used, sequence;
};

struct handle {
    int fd, generation, streaming, mode, fps, count;
    double next; /* start of the next exposure */
    uint32_t sequence;
    unsigned char *memory;
    struct buffer buffers[MAX_BUFFERS];
};

static struct mode modes[MAX_MODES];
static int mode_count;
static struct handle handles[MAX_HANDLES];
static pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;

static int (*next_open)(const char *, int, ...);
static int (*next_close)(int);
static int (*next_ioctl)(int, unsigned long, ...);
static int (*next_select)(int, fd_set *, fd_set *, fd_set *, struct timeval *);

static double seconds(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return t.tv_sec + 1e-9 * t.tv_nsec;
}

static uint32_t take32(const unsigned char **at)
{
    uint32_t value;
    memcpy(&value, *at, 4);
    *at += 4;
    return value;
}

static void read_modes(void)
{
    const char *path = getenv("V4L2_CAMERA_FRAMES");
    struct stat facts;
    int fd = path ? next_open(path, O_RDONLY) : -1;
    if (fd < 0 || fstat(fd, &facts))
        return;
    const unsigned char *at = mmap(NULL, facts.st_size, PROT_READ, MAP_PRIVATE, fd, 0);
    const unsigned char *end = at + facts.st_size;
    next_close(fd);
    while (mode_count < MAX_MODES && at < end) {
        struct mode *m = &modes[mode_count++];
        m->code = take32(&at), m->width = take32(&at), m->height = take32(&at);
        m->fps = take32(&at), m->count = take32(&at);
        for (uint32_t i = 0; i < m->count; i++) {
            m->size[i] = take32(&at);
            m->data[i] = at;
            at += m->size[i];
        }
    }
}

__attribute__((constructor)) static void start(void)
{
    next_open = dlsym(RTLD_NEXT, "open64");
    next_close = dlsym(RTLD_NEXT, "close");
    next_ioctl = dlsym(RTLD_NEXT, "ioctl");
    next_select = dlsym(RTLD_NEXT, "select");
    for (int i = 0; i < MAX_HANDLES; i++)
        handles[i].fd = -1;
    read_modes();
}

/* Reads the state into `word` (16 bytes); returns the generation. */
static int read_state(char *word)
{
    char text[64] = "";
    const char *path = getenv("V4L2_CAMERA_STATE");
    int generation = 0, fd = path ? next_open(path, O_RDONLY) : -1;
    strcpy(word, "run");
    if (fd < 0)
        return 0;
    if (read(fd, text, sizeof text - 1) > 0)
        sscanf(text, "%15s %d", word, &generation);
    next_close(fd);
    return generation;
}

static int is(const char *word, const char *state) { return !strcmp(word, state); }

static struct handle *handle_of(int fd)
{
    for (int i = 0; fd >= 0 && i < MAX_HANDLES; i++)
        if (handles[i].fd == fd)
            return &handles[i];
    return NULL;
}

/* Returns a descriptor, -1 with errno, or -2 for a path that is no camera. */
static int open_camera(const char *path)
{
    char word[16];
    if (!mode_count || strncmp(path, "/dev/video", 10))
        return -2;
    int generation = read_state(word), fd = -1;
    if (is(word, "gone"))
        return errno = access(path, F_OK) ? ENOENT : ENODEV, -1;
    pthread_mutex_lock(&mutex);
    for (int i = 0; fd < 0 && i < MAX_HANDLES; i++) {
        struct handle *h = &handles[i];
        if (h->fd >= 0)
            continue;
        memset(h, 0, sizeof *h);
        h->fd = fd = memfd_create("camera", MFD_CLOEXEC);
        if (ftruncate(fd, (off_t)BUFFER_BYTES * MAX_BUFFERS))
            abort();
        h->memory = mmap(NULL, (size_t)BUFFER_BYTES * MAX_BUFFERS, PROT_READ | PROT_WRITE,
                         MAP_SHARED, fd, 0);
        h->generation = generation;
        h->fps = modes[0].fps;
    }
    pthread_mutex_unlock(&mutex);
    if (fd < 0)
        errno = EBUSY;
    return fd;
}

#define OPEN(name)                                                                                 \
    int name(const char *path, int flags, ...)                                                     \
    {                                                                                              \
        va_list rest;                                                                              \
        va_start(rest, flags);                                                                     \
        int mode = flags & (O_CREAT | __O_TMPFILE) ? va_arg(rest, int) : 0;                        \
        va_end(rest);                                                                              \
        int fd = open_camera(path);                                                                \
        return fd == -2 ? next_open(path, flags, mode) : fd;                                       \
    }
OPEN(open)
OPEN(open64)

int close(int fd)
{
    pthread_mutex_lock(&mutex);
    struct handle *h = handle_of(fd);
    if (h) {
        munmap(h->memory, (size_t)BUFFER_BYTES * MAX_BUFFERS);
        h->fd = -1;
    }
    pthread_mutex_unlock(&mutex);
    return next_close(fd);
}

static struct buffer *oldest(struct handle *h, int stage)
{
    struct buffer *found = NULL;
    for (int i = 0; i < h->count; i++) {
        struct buffer *b = &h->buffers[i];
        if ((int)b->stage == stage && (!found || b->moment < found->moment))
            found = b;
    }
    return found;
}

static void fill(struct handle *h, struct buffer *b, uint32_t sequence, const char *word)
{
    struct mode *m = &modes[h->mode];
    uint32_t frame = (is(word, "freeze") ? 0 : sequence) % m->count;
    unsigned char *target = h->memory + (size_t)(b - h->buffers) * BUFFER_BYTES;
    b->used = m->size[frame];
    memcpy(target, m->data[frame], b->used);
    if (is(word, "garbage"))
        for (uint32_t i = 0; i < b->used; i++)
            target[i] = rand();
    if (is(word, "cut") || (is(word, "flicker") && sequence % 2))
        b->used /= 2;
    if (is(word, "empty"))
        b->used = 0;
    b->sequence = sequence;
    b->stage = DONE;
}

/* Exposes the frames that are complete by now. */
static void expose(struct handle *h, const char *word)
{
    double now = seconds(), period = 1.0 / h->fps;
    while (h->streaming && h->next + period <= now) {
        double moment = h->next;
        uint32_t sequence = h->sequence++;
        struct buffer *b = oldest(h, QUEUED);
        h->next += period;
        if (is(word, "stall") || !b || b->moment > moment)
            continue;
        b->moment = moment;
        fill(h, b, sequence, word);
    }
}

/* 1: a call will not wait (a frame, an error); 0: nothing yet. */
static int ready(struct handle *h)
{
    char word[16];
    pthread_mutex_lock(&mutex);
    int dead = read_state(word) != h->generation || is(word, "gone") || !h->streaming;
    expose(h, word);
    int result = dead || oldest(h, DONE) != NULL;
    pthread_mutex_unlock(&mutex);
    return result;
}

int select(int n, fd_set *r, fd_set *w, fd_set *e, struct timeval *t)
{
    struct handle *h = NULL;
    for (int i = 0; r && i < MAX_HANDLES; i++)
        if (handles[i].fd >= 0 && handles[i].fd < n && FD_ISSET(handles[i].fd, r))
            h = &handles[i];
    if (!h)
        return next_select(n, r, w, e, t);
    double end = seconds() + (t ? t->tv_sec + 1e-6 * t->tv_usec : 1e9);
    while (!ready(h)) {
        if (seconds() >= end) {
            FD_ZERO(r);
            return 0;
        }
        usleep(2000);
    }
    return 1;
}

/* The mode with the fewest pixels outside of the area that it shares with the request. */
static int nearest(struct v4l2_pix_format *p)
{
    long best = -1, found = 0;
    for (int i = 0; i < mode_count; i++) {
        struct mode *m = &modes[i];
        long w = m->width < p->width ? m->width : p->width;
        long h = m->height < p->height ? m->height : p->height;
        long outside = (long)m->width * m->height + (long)p->width * p->height - 2 * w * h;
        int matches = m->code == p->pixelformat;
        if (matches && (best < 0 || outside < best))
            best = outside, found = i;
    }
    return found;
}

static void describe(struct v4l2_pix_format *p, struct mode *m)
{
    int plain = m->code == V4L2_PIX_FMT_YUYV;
    p->width = m->width, p->height = m->height, p->pixelformat = m->code;
    p->field = V4L2_FIELD_NONE, p->colorspace = V4L2_COLORSPACE_SRGB;
    p->bytesperline = plain ? 2 * m->width : 0;
    p->sizeimage = plain ? 2 * m->width * m->height : BUFFER_BYTES;
}

static int dequeue(struct handle *h, struct v4l2_buffer *v)
{
    struct buffer *b = oldest(h, DONE);
    if (!b)
        return errno = EAGAIN, -1;
    b->stage = FREE;
    v->index = b - h->buffers, v->bytesused = b->used, v->length = BUFFER_BYTES;
    v->sequence = b->sequence, v->field = V4L2_FIELD_NONE;
    v->flags = V4L2_BUF_FLAG_TIMESTAMP_MONOTONIC | V4L2_BUF_FLAG_TSTAMP_SRC_SOE;
    v->timestamp.tv_sec = (time_t)b->moment;
    v->timestamp.tv_usec = (long)((b->moment - (time_t)b->moment) * 1e6);
    return 0;
}

static int queue(struct handle *h, struct v4l2_buffer *v)
{
    struct buffer *b = &h->buffers[v->index];
    if ((int)v->index >= h->count || b->stage != FREE)
        return errno = EINVAL, -1;
    b->stage = QUEUED, b->moment = seconds();
    return 0;
}

static int answer(struct handle *h, unsigned long request, void *argument)
{
    char word[16];
    if (read_state(word) != h->generation || is(word, "gone"))
        return errno = ENODEV, -1;
    expose(h, word);
    int busy = is(word, "busy");
    switch (request) {
    case VIDIOC_QUERYCAP: {
        struct v4l2_capability *v = argument;
        memset(v, 0, sizeof *v);
        v->device_caps = V4L2_CAP_VIDEO_CAPTURE | V4L2_CAP_STREAMING;
        v->capabilities = v->device_caps | V4L2_CAP_DEVICE_CAPS;
        return 0;
    }
    case VIDIOC_G_FMT:
        describe(&((struct v4l2_format *)argument)->fmt.pix, &modes[h->mode]);
        return 0;
    case VIDIOC_S_FMT: {
        struct v4l2_format *v = argument;
        if (busy || h->streaming)
            return errno = EBUSY, -1;
        h->mode = nearest(&v->fmt.pix);
        h->fps = modes[h->mode].fps;
        describe(&v->fmt.pix, &modes[h->mode]);
        return 0;
    }
    case VIDIOC_S_PARM:
    case VIDIOC_G_PARM: {
        struct v4l2_captureparm *v = &((struct v4l2_streamparm *)argument)->parm.capture;
        struct v4l2_fract *f = &v->timeperframe;
        if (request == VIDIOC_S_PARM && f->numerator) {
            int fps = f->denominator / f->numerator, most = modes[h->mode].fps;
            h->fps = fps > 0 && fps < most ? fps : most;
        }
        v->capability = V4L2_CAP_TIMEPERFRAME;
        f->numerator = 1, f->denominator = h->fps;
        return 0;
    }
    case VIDIOC_REQBUFS: {
        struct v4l2_requestbuffers *v = argument;
        if (busy && v->count)
            return errno = EBUSY, -1;
        h->count = v->count = v->count < MAX_BUFFERS ? v->count : MAX_BUFFERS;
        memset(h->buffers, 0, sizeof h->buffers);
        return 0;
    }
    case VIDIOC_QUERYBUF: {
        struct v4l2_buffer *v = argument;
        if ((int)v->index >= h->count)
            return errno = EINVAL, -1;
        v->length = BUFFER_BYTES, v->m.offset = v->index * BUFFER_BYTES;
        return 0;
    }
    case VIDIOC_QBUF:
        return queue(h, argument);
    case VIDIOC_DQBUF:
        return dequeue(h, argument);
    case VIDIOC_STREAMON:
        if (busy)
            return errno = EBUSY, -1;
        h->streaming = 1, h->next = seconds();
        return 0;
    case VIDIOC_STREAMOFF:
        h->streaming = 0;
        memset(h->buffers, 0, sizeof h->buffers);
        return 0;
    }
    return errno = EINVAL, -1;
}

int ioctl(int fd, unsigned long request, ...)
{
    va_list rest;
    va_start(rest, request);
    void *argument = va_arg(rest, void *);
    va_end(rest);
    struct handle *h = handle_of(fd);
    if (!h)
        return next_ioctl(fd, request, argument);
    pthread_mutex_lock(&mutex);
    int result = answer(h, request, argument), code = errno;
    pthread_mutex_unlock(&mutex);
    errno = code;
    return result;
}
